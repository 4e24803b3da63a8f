"""The pages of docs/ and those that are made from the code: found by a word, and printed."""
