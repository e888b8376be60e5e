package config

import (
	"errors"
	"fmt"

	"dropwatch/internal/alert"
	"dropwatch/internal/alert/action"
)

// Alerts are thresholds and what is done about them.
type Alerts struct {
	Rules   []alert.Rule             `yaml:"rules"`
	Actions map[string]action.Action `yaml:"actions"`
}

func (a *Alerts) check() error {
	var errs []error
	for i := range a.Rules {
		if err := a.Rules[i].Check(); err != nil {
			errs = append(errs, fmt.Errorf("alerts: %w", err))
		}
	}
	if len(errs) == 0 {
		if _, err := alert.New(a.Rules); err != nil { // what rules must be together
			errs = append(errs, err)
		}
		if err := action.Check(a.Actions, a.Rules); err != nil {
			errs = append(errs, fmt.Errorf("alerts: %w", err))
		}
	}
	return errors.Join(errs...)
}
