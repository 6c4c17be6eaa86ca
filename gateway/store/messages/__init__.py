"""Messages, their journal, the mailbox, the outbox and the register."""
