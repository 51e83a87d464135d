// Command schema tells whether JSON files keep to a schema, formats included:
// schema SCHEMA FILE.... It names the first file that does not, and why.
//
// It is a program of its own because the validator reads all drafts of JSON
// Schema as it starts, for which the tests of commands would wait each time.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func main() {
	if err := validate(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func validate(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: schema SCHEMA FILE [FILE]…")
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(args[0])
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	for _, name := range args[1:] {
		if err := one(s, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func one(s *jsonschema.Schema, name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(v)
}
