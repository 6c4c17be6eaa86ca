"""What the Digipoort channel keeps beside a message, and what it handed out to whom."""
