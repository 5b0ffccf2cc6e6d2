"""What comes in and what goes out: picture files → pixels, results → text, JSON and drawings."""
