"""Archives: many thousand hours of recordings into Parquet, each file exactly once, by one machine or a cluster."""
