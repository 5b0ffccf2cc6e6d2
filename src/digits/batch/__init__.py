"""Many pictures: what is to be read, in parts that are finished one by one; engines that read."""

TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
ZIP = (".zip",)
PARQUET = (".parquet", ".pq")
ARCHIVES = (*TAR, *ZIP, *PARQUET)
