"""The bytes of documents and attachments."""
