package vmtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// keyring holds the keys of all releases.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// An aptState is a private state of apt that knows one suite, so that nothing
// of the host's own state is read or changed.
type aptState struct {
	dir string
}

// newAptState makes a state in dir and loads the suite's index.
func newAptState(ctx context.Context, dir, suite string) (*aptState, error) {
	targets, err := output(exec.CommandContext(ctx, "apt-get", "indextargets", "--format", targetFormat, "Created-By: Packages"))
	if err != nil {
		return nil, err
	}
	mirror, err := mirrorOf(targets)
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, fmt.Errorf("make apt state: %w", err)
		}
	}
	source := fmt.Sprintf("deb [signed-by=%s] %s %s main\n", keyring, mirror, suite)
	a := &aptState{dir}
	if err := os.WriteFile(a.sources(), []byte(source), 0o644); err != nil {
		return nil, fmt.Errorf("make apt state: %w", err)
	}
	if _, err := output(a.command(ctx, "apt-get", "-qq", "update")); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *aptState) sources() string { return filepath.Join(a.dir, "sources.list") }

func (a *aptState) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	var options []string
	for _, option := range []string{
		"Dir::State=" + a.dir,
		"Dir::State::lists=" + filepath.Join(a.dir, "lists"),
		"Dir::Cache=" + filepath.Join(a.dir, "cache"),
		"Dir::Etc::sourcelist=" + a.sources(),
		"Dir::Etc::sourceparts=/dev/null",
		"Dir::Etc::preferences=/dev/null",
		"Dir::Etc::preferencesparts=/dev/null",
		"APT::Architecture=amd64",
		"APT::Architectures=amd64",
		"APT::Sandbox::User=root",
		"APT::Update::Error-Mode=any",
		"Acquire::Languages=none",
		"Acquire::Retries=3",
		"Acquire::http::Timeout=30",
		"Acquire::https::Timeout=30",
		// the indexes of old releases are no longer renewed
		"Acquire::Check-Valid-Until=false",
	} {
		options = append(options, "-o", option)
	}
	return exec.CommandContext(ctx, program, append(options, args...)...)
}

func (a *aptState) show(ctx context.Context, name string) (stanza, error) {
	text, err := output(a.command(ctx, "apt-cache", "show", name))
	if err != nil {
		return nil, err
	}
	return newest(text, name)
}

// download puts packages into a directory; apt holds them to the checksums of
// the signed index. What is there already is not loaded again.
func (a *aptState) download(ctx context.Context, dir string, packages []stanza) error {
	args := []string{"-qq", "download"}
	for _, p := range packages {
		args = append(args, p["Package"]+"="+p["Version"])
	}
	cmd := a.command(ctx, "apt-get", args...)
	cmd.Dir = dir
	_, err := output(cmd)
	return err
}

// output runs a program and returns what it prints.
func output(cmd *exec.Cmd) (string, error) {
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		words := strings.Join(cmd.Args, " ")
		if len(words) > 60 {
			words = "... " + words[len(words)-60:]
		}
		return "", fmt.Errorf("run %s %s: %w: %s", cmd.Args[0], words, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.String(), nil
}
