"""The HTTP channel: a POST becomes one `Submission`."""
