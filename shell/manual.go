package shell

import (
	"fmt"
	"io"
	"strings"
)

// WritePlain writes the help text of every command of the table, the built-in
// help command among them, as plain text for a manual page.
func WritePlain(w io.Writer, commands []Command) error {
	var b strings.Builder
	each(withHelp(commands), "", func(c *Command, path string) {
		if c.Run == nil && c.details() == "" {
			return // nothing that its sub commands do not say
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", usage(c, path))
		for _, text := range paragraphs(c) {
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(text, "\n", "\n    "))
		}
	})
	return writeAll(w, b.String())
}

// WriteMarkdown writes every command of the table, the built-in help command
// among them, as Markdown: a heading of the third level with the usage, then
// the help text.
func WriteMarkdown(w io.Writer, commands []Command) error {
	var b strings.Builder
	each(withHelp(commands), "", func(c *Command, path string) {
		if c.Run == nil && c.details() == "" {
			return // nothing that its sub commands do not say
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "### `%s`\n", usage(c, path))
		for _, text := range paragraphs(c) {
			fmt.Fprintf(&b, "\n%s\n", escapeMarkdown(text))
		}
	})
	return writeAll(w, b.String())
}

// paragraphs lists the parts of a command's description.
func paragraphs(c *Command) []string {
	var texts []string
	for _, text := range []string{c.summary(), c.details()} {
		if text != "" {
			texts = append(texts, text)
		}
	}
	if len(c.Aliases) > 0 {
		texts = append(texts, "Also: "+strings.Join(c.Aliases, ", "))
	}
	return texts
}

// escapeMarkdown keeps characters of a help text from being taken as markup.
func escapeMarkdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "<", `\<`, ">", `\>`, "*", `\*`, "_", `\_`, "`", "\\`", "|", `\|`).Replace(text)
}

func writeAll(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write manual: %w", err)
	}
	return nil
}
