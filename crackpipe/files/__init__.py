"""Files that the pipeline writes and reads: what they hold, and whether they are still up to date."""
