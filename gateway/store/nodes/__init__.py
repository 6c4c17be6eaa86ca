"""The gateways that run on one database: who lives, and who runs what."""
