"""What wrong clients make of a stream, each mistake done: the text that comes of it, and the sentence that says why."""
