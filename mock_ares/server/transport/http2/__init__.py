"""HTTP/2 beneath the application: requests by h2, answers as the frames that a script has."""
