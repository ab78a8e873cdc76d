"""What is kept: tables, engine, queries, change feed and migrations. Nothing here decides anything."""
