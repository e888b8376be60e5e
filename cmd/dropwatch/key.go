package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"dropwatch/internal/peer"
)

// wants demands as many as are named; another number is wrong usage.
func wants(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		text := names[0]
		for _, name := range names[1:] {
			text += " and " + name
		}
		return usagef("%s takes %s", c.CommandPath(), text)
	}
}

func newKey() *cobra.Command {
	key := &cobra.Command{
		Use: "key", Short: "Make and change the keys of the cluster", Args: noArguments,
		Long: `key makes the file of keys with which hosts encrypt what they tell each other,
and changes it. The first key in it is for sending, all are for reading. A running
agent notices that its file was changed within an interval.

A new key comes into use without an interruption in three steps, each of which is
done on one host and then copied to all, before the next one is begun:`,
		Example: `  dropwatch cluster key generate /etc/dropwatch/cluster.key
  dropwatch cluster key add /etc/dropwatch/cluster.key
  dropwatch cluster key use /etc/dropwatch/cluster.key 5f0c93aa
  dropwatch cluster key remove /etc/dropwatch/cluster.key 81d2e640`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	key.AddCommand(newKeyGenerate(), newKeyList(),
		newKeyChange("add FILE", "Add a new key, for reading", wants("a file"),
			func(w io.Writer, keys [][]byte, _ string) ([][]byte, error) {
				fresh := peer.NewKey()
				fmt.Fprintf(w, "added key %s; copy the file to all hosts, then use it\n", peer.KeyID(fresh))
				return peer.AddKey(keys, fresh)
			}),
		newKeyChange("use FILE ID", "Use a key for sending, which all hosts must have already", wants("a file", "the id of a key"),
			func(w io.Writer, keys [][]byte, id string) ([][]byte, error) {
				fmt.Fprintf(w, "key %s is for sending; copy the file to all hosts, then remove the old one\n", id)
				return peer.UseKey(keys, id)
			}),
		newKeyChange("remove FILE ID", "Remove a key that nobody uses any more", wants("a file", "the id of a key"),
			func(w io.Writer, keys [][]byte, id string) ([][]byte, error) {
				fmt.Fprintf(w, "removed key %s; copy the file to all hosts\n", id)
				return peer.RemoveKey(keys, id)
			}))
	return key
}

func newKeyGenerate() *cobra.Command {
	return &cobra.Command{
		Use: "generate FILE", Short: "Make a file with a new key, to be copied to all hosts", Args: wants("a file"),
		RunE: func(c *cobra.Command, args []string) error {
			switch _, err := os.Lstat(args[0]); {
			case err == nil:
				return fmt.Errorf("%s is there already; remove it, or choose another name", args[0])
			case !errors.Is(err, os.ErrNotExist):
				return fmt.Errorf("write keys of the cluster: %w", err)
			}
			return peer.SaveKeys(args[0], [][]byte{peer.NewKey()})
		},
	}
}

func newKeyList() *cobra.Command {
	return &cobra.Command{
		Use: "list FILE", Short: "Show the ids of the keys, which tell nothing of them", Args: wants("a file"),
		RunE: func(c *cobra.Command, args []string) error {
			keys, err := peer.LoadKeys(args[0])
			if err != nil {
				return err
			}
			for i, k := range keys {
				what := "reading"
				if i == 0 {
					what = "sending and reading"
				}
				fmt.Fprintln(c.OutOrStdout(), peer.KeyID(k), what)
			}
			return nil
		},
	}
}

// newKeyChange makes a command that changes the file. What it tells is printed
// only if the file was written.
func newKeyChange(use, short string, args cobra.PositionalArgs, change func(w io.Writer, keys [][]byte, id string) ([][]byte, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, args []string) error {
			keys, err := peer.LoadKeys(args[0])
			if err != nil {
				return err
			}
			var id string
			if len(args) > 1 {
				id = args[1]
			}
			var told writeLater
			if keys, err = change(&told, keys, id); err != nil {
				return err
			}
			if err := peer.SaveKeys(args[0], keys); err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(told)
			return err
		},
	}
}

// writeLater keeps what is to be told.
type writeLater []byte

func (w *writeLater) Write(b []byte) (int, error) {
	*w = append(*w, b...)
	return len(b), nil
}
