"""OpenTelemetry spans of hooks and API calls, if an exporter is set; knows no action of ESA and no resource."""
