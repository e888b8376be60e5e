package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs what needs no privileges; see the commands below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PROGRAM", programPath())
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"dropwatch": dropwatchCommand,
			"lines":     linesCommand,
			"fits":      fitsCommand,
		},
	})
}

// dropwatchCommand is
//
//	dropwatch STATUS [-in FILE] [-nobody] [-out FILE] [-as NAME] ARGUMENT...
//
// It runs the program and demands an exit status. -nobody runs it without
// privileges, -in gives it a standard input, which is empty otherwise, -out a
// standard output, and -as the name that it is called by.
func dropwatchCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: dropwatch STATUS [-in FILE] [-nobody] [-out FILE] [-as NAME] ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	args = args[1:]
	var stdin bytes.Buffer
	command := exec.Command(ts.Getenv("PROGRAM"))
	command.Stdout, command.Stderr = ts.Stdout(), ts.Stderr()
	command.Dir = ts.Getenv("WORK")
options:
	for len(args) > 0 {
		switch args[0] {
		case "-nobody":
			if os.Geteuid() == 0 {
				command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			}
			command.Dir = "/"
			args = args[1:]
		case "-in":
			stdin.WriteString(ts.ReadFile(args[1]))
			args = args[2:]
		case "-out":
			file, err := os.OpenFile(args[1], os.O_WRONLY, 0)
			ts.Check(err)
			defer file.Close()
			command.Stdout = file
			args = args[2:]
		case "-as":
			command.Args[0] = args[1]
			args = args[2:]
		default:
			break options
		}
	}
	command.Stdin = &stdin
	command.Args = append(command.Args, args...)
	err = command.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		ts.Fatalf("run %q: %v", args, err)
	}
	if got := command.ProcessState.ExitCode(); got != want {
		ts.Fatalf("%q: exit status %d, want %d (%v)", args, got, want, command.ProcessState)
	}
}

// linesCommand is "lines NUMBER FILE": the file has that many lines.
func linesCommand(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	text := ts.ReadFile(args[1])
	if got := bytes.Count([]byte(text), []byte("\n")); (got == want) == neg {
		ts.Fatalf("%s has %d lines:\n%s", args[1], got, text)
	}
}

// fitsCommand is "fits FILE": no line is longer than 80 columns, but for a word
// that cannot be broken.
func fitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	for line := range bytes.Lines([]byte(ts.ReadFile(args[0]))) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len([]rune(string(line))) > 80 && len(bytes.Fields(line)) > 1 {
			ts.Fatalf("%s: longer than 80 columns: %s", args[0], line)
		}
	}
}
