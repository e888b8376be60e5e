package shell_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"dropwatch/shell"
)

func Example() {
	commands := []shell.Command{
		{
			Name: "greet",
			Args: "<name>",
			Help: "say hello",
			Run: func(_ context.Context, s *shell.Session, args []string) error {
				if len(args) != 1 {
					return shell.Usagef("one name is needed")
				}
				s.Printf("Hello, %s!\n", args[0])
				return nil
			},
		},
		{
			Name: "exit",
			Help: "leave",
			Run:  func(context.Context, *shell.Session, []string) error { return shell.ErrExit },
		},
	}
	s, err := shell.New(shell.Config{
		Prompt:   "demo> ",
		Commands: commands,
		In:       strings.NewReader("greet 'dear reader'\ngreet\nexit\n"),
		Err:      os.Stdout,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	status, err := s.Run(context.Background())
	fmt.Println(status, err)
	// Output:
	// Hello, dear reader!
	// line 2: greet: one name is needed
	// usage: greet <name>
	// 2 <nil>
}
