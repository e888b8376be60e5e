package main

import (
	"github.com/spf13/cobra"

	"dropwatch/internal/doctor"
)

func newDoctor() *cobra.Command {
	var json bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this host lets us see, what not, and what to do about it",
		Long: `doctor tries every source of drops and says which work, which one is taken, and
what exactly is missing for the others. It lists what no source can see, with
the counters that show it. It changes nothing. Exit status: 0 if a source
works, 1 if none does.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := doctor.Examine()
			if err != nil {
				return err
			}
			if json {
				err = d.WriteJSON(c.OutOrStdout())
			} else {
				err = d.WriteText(c.OutOrStdout())
			}
			if err != nil {
				return err
			}
			for _, s := range d.Sources {
				if s.Usable {
					return nil
				}
			}
			return statusError(statusFailed)
		},
	}
	c.Flags().BoolVar(&json, "json", false, "print JSON")
	return c
}
