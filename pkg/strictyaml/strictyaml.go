// Package strictyaml reads the YAML files that people write: profiles and
// rollout files.
//
// It promises that every fault is named with its line, all of them at once. It
// refuses members that nobody asked for, members that stand there twice, more
// than one document, and anchors, aliases and tags, by which a place would say
// something else than what stands there: a file is taken only if all of it is
// understood.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// largest is more than any of these files has.
const largest = 1 << 20

// Node is one place in a file.
type Node = yaml.Node

// Document reads the one document of a file. The error says what is wrong, and
// with what line if it is about one.
func Document(data []byte) (*Node, error) {
	if len(data) > largest {
		return nil, fmt.Errorf("it has %d bytes", len(data))
	}
	var doc, more Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	} else if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has more than one document")
	}
	var r Reader
	r.plain(doc.Content[0])
	return doc.Content[0], r.Err()
}

// plain notes what is not just what stands there.
func (r *Reader) plain(n *Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.Fault(n, "*%s is an alias; write out what it stands for", n.Value)
		return
	case n.Anchor != "":
		r.Fault(n, "&%s is an anchor, which no alias may use; leave it out", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		r.Fault(n, "%s is a tag; leave it out", n.ShortTag())
	}
	for _, part := range n.Content {
		r.plain(part)
	}
}

// Reader goes through a file and collects what is wrong with it.
type Reader struct {
	faults []string
}

// Err has all faults in one error, nil if there are none.
func (r *Reader) Err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.faults, "; "))
}

// Faults counts them.
func (r *Reader) Faults() int { return len(r.faults) }

// Fault notes what is wrong there.
func (r *Reader) Fault(n *Node, format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf("line %d: %s", n.Line, fmt.Sprintf(format, args...)))
}

// Members calls for each member of a mapping what is there for its name, and
// says which ones were seen.
func (r *Reader) Members(n *Node, what string, each map[string]func(*Node)) map[string]bool {
	seen := map[string]bool{}
	if n.Kind != yaml.MappingNode {
		r.Fault(n, "%s is to have members, as \"name: value\"", what)
		return seen
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		take := each[name.Value]
		switch {
		case take == nil:
			r.Fault(name, "%s has no member %q", what, name.Value)
		case seen[name.Value]:
			r.Fault(name, "%q stands there twice", name.Value)
		default:
			take(value)
		}
		seen[name.Value] = true
	}
	return seen
}

// Need notes each of the members that a mapping must have and has not.
func (r *Reader) Need(n *Node, what string, seen map[string]bool, names ...string) {
	for _, name := range names {
		if n.Kind == yaml.MappingNode && !seen[name] {
			r.Fault(n, "%s needs a %s", what, name)
		}
	}
}

// Is says whether a place holds just this word.
func Is(n *Node, word string) bool { return n.Kind == yaml.ScalarNode && n.Value == word }

// Text reads into s.
func (r *Reader) Text(s *string) func(*Node) { return func(n *Node) { r.text(n, s) } }

// The readers below do their work in methods, so that it is compiled once and not
// at every member of every file.

func (r *Reader) text(n *Node, s *string) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
		r.Fault(n, "a text is missing")
		return
	}
	*s = n.Value
}

// Texts reads a list of them.
func (r *Reader) Texts(what string, to *[]string) func(*Node) {
	return func(n *Node) { r.each(n, what, func(n *Node) { r.add(n, to) }) }
}

func (r *Reader) add(n *Node, to *[]string) {
	var text string
	r.text(n, &text)
	*to = append(*to, text)
}

// Flag reads true or false.
func (r *Reader) Flag(b *bool) func(*Node) { return func(n *Node) { r.flag(n, b) } }

func (r *Reader) flag(n *Node, b *bool) {
	*b = n.Value == "true"
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || !*b && n.Value != "false" {
		r.Fault(n, "true or false is wanted")
	}
}

// Count reads a whole number above 0, up to most.
func (r *Reader) Count(to *int, most int) func(*Node) { return func(n *Node) { r.count(n, to, most) } }

func (r *Reader) count(n *Node, to *int, most int) {
	number, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || number < 1 || number > most {
		r.Fault(n, "a whole number from 1 to %d is wanted", most)
		return
	}
	*to = number
}

// Word reads one of several words.
func Word[T ~string](r *Reader, to *T, words ...T) func(*Node) {
	return func(n *Node) { word(r, n, to, words) }
}

func word[T ~string](r *Reader, n *Node, to *T, words []T) {
	*to = T(n.Value)
	if n.Kind != yaml.ScalarNode || !slices.Contains(words, *to) {
		r.Fault(n, "one of %s is wanted", joined(words))
	}
}

func joined[T ~string](words []T) string {
	var texts []string
	for _, w := range words {
		texts = append(texts, string(w))
	}
	return strings.Join(texts, ", ")
}

// Each reads a list, element by element.
func (r *Reader) Each(what string, take func(*Node)) func(*Node) {
	return func(n *Node) { r.each(n, what, take) }
}

func (r *Reader) each(n *Node, what string, take func(*Node)) {
	if n.Kind != yaml.SequenceNode {
		r.Fault(n, "%s is to be a list", what)
		return
	}
	for _, element := range n.Content {
		take(element)
	}
}
