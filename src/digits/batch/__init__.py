"""Many pictures: what is to be read, in parts that are finished one by one; engines that read."""
