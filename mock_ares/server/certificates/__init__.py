"""Who the fake is over TLS: files of one's own, or an authority that is made once; and how clients come to trust it."""
