// Package config reads the configuration of the agent: one YAML file, strict, in
// which a key that is not known is an error with its line.
package config
