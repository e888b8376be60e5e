package config

import _ "embed"

//go:embed example.yaml
var example string

// Example is a configuration with a sentence about every key, and its default.
func Example() string { return example }
