package metrics

import (
	"bytes"
	_ "embed"
)

//go:embed dashboard.json
var dashboard []byte

// Dashboard is a dashboard for Grafana that shows these metrics, as JSON to be
// imported there.
func Dashboard() []byte { return bytes.Clone(dashboard) }
