"""UBL 2.1: where each business term is in an Invoice or CreditNote, and the rules that only the XML can show."""
