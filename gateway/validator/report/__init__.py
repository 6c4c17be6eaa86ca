"""The verdict in words: JSON, text, HTML, SVRL, JUnit and SARIF."""
