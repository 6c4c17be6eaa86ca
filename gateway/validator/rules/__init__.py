"""What a document must be like: rules by the terms of EN 16931, rule sets as values. See README.md here."""
