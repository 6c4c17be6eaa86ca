"""What it takes to run the gateway: systemd unit, container, Prometheus rules, Grafana dashboard.

`dashboard.py` makes `grafana/meterpoort.json`; the rest is written by hand and held together by tests/deploy.
"""
