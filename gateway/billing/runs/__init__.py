"""The billing year of each party: steps, runs, approval and audit."""
