package odata

import (
	"slices"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// Filter tells whether an object passes.
type Filter func(rawjson.Object) bool

// ParseFilter reads a $filter whose properties are all in allowed: "subject",
// "start/dateTime", "categories/any". A name that begins with ~ in allowed is
// compared without regard to case, in any() as "~list/any/member". Known are eq, ne, gt, ge, lt, le, and, or,
// parentheses, and any() with eq alone; all else is refused, as Exchange
// refuses it ("contains one or more invalid nodes", observed in the field).
func ParseFilter(text string, allowed []string) (Filter, error) {
	tokens, ok := lex(text)
	p := parser{tokens: tokens, allowed: allowed}
	if !ok {
		return nil, errFilter
	}
	f, ok := p.or()
	if !ok || p.at != len(tokens) {
		return nil, errFilter
	}
	return f, nil
}

var errFilter = &Error{InvalidFilter, "The query filter contains one or more invalid nodes."}

type parser struct {
	tokens  []string
	at      int
	allowed []string
}

func (p *parser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *parser) take(token string) bool {
	if p.peek() != token {
		return false
	}
	p.at++
	return true
}

func (p *parser) or() (Filter, bool) {
	left, ok := p.and()
	for ok && p.take("or") {
		first := left
		var second Filter
		second, ok = p.and()
		left = func(o rawjson.Object) bool { return first(o) || second(o) }
	}
	return left, ok
}

func (p *parser) and() (Filter, bool) {
	left, ok := p.term()
	for ok && p.take("and") {
		first := left
		var second Filter
		second, ok = p.term()
		left = func(o rawjson.Object) bool { return first(o) && second(o) }
	}
	return left, ok
}

func (p *parser) term() (Filter, bool) {
	if p.take("(") {
		f, ok := p.or()
		return f, ok && p.take(")")
	}
	path := p.peek()
	p.at++
	if base, any := cutSuffixFold(path, "/any"); any {
		return p.lambda(base)
	}
	fold, ok := p.allows(path)
	if !ok || strings.Contains(strings.ToLower(path), "/any/") {
		return nil, false
	}
	matches, ok := p.comparison(fold)
	return func(o rawjson.Object) bool { return matches(valueAt(o, path)) }, ok
}

// allows tells whether the property can be filtered on, and whether without
// regard to case.
func (p *parser) allows(path string) (fold, ok bool) {
	for _, name := range p.allowed {
		plain, isFold := strings.CutPrefix(name, "~")
		if strings.EqualFold(plain, path) {
			return isFold, true
		}
	}
	return false, false
}

// comparison reads an operator and a literal.
func (p *parser) comparison(fold bool) (func(value []byte) bool, bool) {
	operator := p.peek()
	p.at++
	literal := p.peek()
	p.at++
	if !slices.Contains([]string{"eq", "ne", "gt", "ge", "lt", "le"}, operator) || literal == "" {
		return nil, false
	}
	want, ok := literalText(literal)
	return func(value []byte) bool { return compare(value, operator, want, fold) }, ok
}

// lambda reads (v:v eq 'x') or (v:v/member eq 'x' and …).
func (p *parser) lambda(base string) (Filter, bool) {
	if _, ok := p.allows(base + "/any"); !ok || !p.take("(") {
		return nil, false
	}
	variable := p.peek()
	p.at++
	if variable == "" || !p.take(":") {
		return nil, false
	}
	var tests []func([]byte) bool
	for {
		path, ok := strings.CutPrefix(p.peek(), variable)
		p.at++
		if !ok || path != "" && path[0] != '/' || p.peek() != "eq" {
			return nil, false
		}
		fold, _ := p.allows(base + "/any" + path)
		matches, ok := p.comparison(fold)
		if !ok {
			return nil, false
		}
		tests = append(tests, func(element []byte) bool {
			if path == "" {
				return matches(element)
			}
			return element[0] == '{' && matches(valueAt(element, strings.TrimPrefix(path, "/")))
		})
		if !p.take("and") {
			break
		}
	}
	any := func(o rawjson.Object) bool {
		for element := range rawjson.Elements(valueAt(o, base)) {
			if !slices.ContainsFunc(tests, func(test func([]byte) bool) bool { return !test(element) }) {
				return true
			}
		}
		return false
	}
	return any, p.take(")")
}

// valueAt is the raw value at a path of members, nil where there is none.
func valueAt(o rawjson.Object, path string) []byte {
	name, rest, nested := strings.Cut(path, "/")
	for member, value := range o.Members() {
		if strings.EqualFold(member, name) {
			if nested && len(value) > 0 && value[0] == '{' {
				return valueAt(value, rest)
			}
			return value
		}
	}
	return nil
}

// compare relates a raw value with a literal; null equals only null.
func compare(value []byte, operator, want string, fold bool) bool {
	have := "null"
	if len(value) > 0 && value[0] == '"' {
		have = "'" + rawjson.Object(`{"v":`+string(value)+`}`).Text("v")
	} else if value != nil {
		have = string(value)
	}
	if fold {
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	order := strings.Compare(have, want)
	switch operator {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

// literalText gives strings and times a leading quote, so that they are never
// equal to null or a boolean.
func literalText(token string) (string, bool) {
	if inner, ok := strings.CutPrefix(token, "'"); ok {
		return "'" + strings.ReplaceAll(strings.TrimSuffix(inner, "'"), "''", "'"), true
	}
	switch token {
	case "true", "false", "null":
		return token, true
	}
	if _, err := strconv.Atoi(token); err == nil {
		return token, true
	}
	return "'" + token, token[0] >= '0' && token[0] <= '9'
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if len(s) < len(suffix) || !strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s, false
	}
	return s[:len(s)-len(suffix)], true
}

// lex splits a filter into names, literals and punctuation.
func lex(text string) ([]string, bool) {
	var out []string
	for i := 0; i < len(text); {
		switch text[i] {
		case ' ':
			i++
		case '(', ')', ',':
			out = append(out, text[i:i+1])
			i++
		case '\'':
			end := quoteEnd(text, i)
			if end < 0 {
				return nil, false
			}
			out = append(out, text[i:end])
			i = end
		default:
			end := wordEnd(text, i)
			out = append(out, splitVariable(text[i:end])...)
			i = end
		}
	}
	return out, true
}

func quoteEnd(text string, at int) int {
	for i := at + 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			i++
			continue
		}
		return i + 1
	}
	return -1
}

func wordEnd(text string, at int) int {
	if n := strings.IndexAny(text[at:], " (),'"); n >= 0 {
		return at + n
	}
	return len(text)
}

// splitVariable takes "c:c" apart but leaves times such as 10:00:00 whole.
func splitVariable(word string) []string {
	name, rest, ok := strings.Cut(word, ":")
	if !ok || name == "" || name[0] >= '0' && name[0] <= '9' {
		return []string{word}
	}
	if rest == "" {
		return []string{name, ":"}
	}
	return []string{name, ":", rest}
}

// IDs reads the $filter of an expanded property list: id eq 'a' or id eq 'b'.
func (e Expansion) IDs() ([]string, error) {
	tokens, ok := lex(e.Filter)
	var ids []string
	for i := 0; ok && i < len(tokens); i += 4 {
		tail := tokens[i:]
		if len(tail) < 3 || !strings.EqualFold(tail[0], "id") || tail[1] != "eq" || tail[2][0] != '\'' {
			return nil, errFilter
		}
		if len(tail) == 4 || len(tail) > 4 && tail[3] != "or" {
			return nil, errFilter
		}
		id, _ := literalText(tail[2])
		ids = append(ids, id[1:])
	}
	if !ok || len(ids) == 0 {
		return nil, errFilter
	}
	return ids, nil
}
