"""What has come of a real server, as data: read, put into words, cleaned of secrets, compared. Pure."""
