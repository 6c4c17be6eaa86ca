"""Meterpoort: an open e-invoice gateway that receives, judges, delivers, meters and bills."""
