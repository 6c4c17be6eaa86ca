"""The bill: tariffs, the regimes that rate use, the year of each party, documents and postings.

Pure: money in `Decimal`, no clock, no database, no network. What has to be kept is kept by a
`BillingStore` (`gateway.store`), what has to be counted is counted by the meter (`UsageCounts`).
"""
