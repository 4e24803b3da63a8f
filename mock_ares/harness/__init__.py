"""The contract: checks of any client, how clients are driven, and the reports."""
