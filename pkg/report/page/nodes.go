package page

import (
	"io"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// text is the only way for text into the page: in it, nothing is invisible and
// nothing is markup.
//
//go:noinline
func text(s string) g.Node { return g.Text(safetext.Terminal(s)) }

//go:noinline
func number(n int) g.Node { return text(words.Number(n)) }

// lines are nodes with a line break before, between and after them, for those
// who read the source. A nil is left out.
//
//go:noinline
func lines(nodes ...g.Node) g.Node {
	all := g.Group{newline()}
	for _, n := range nodes {
		if n != nil {
			all = append(all, n, newline())
		}
	}
	return all
}

// el and attr are all elements and attributes. They are not inlined: each place
// would have a copy of its own, 0.2 MB in all.
//
//go:noinline
func el(name string, children ...g.Node) g.Node { return g.El(name, children...) }

//go:noinline
func attr(name, value string) g.Node { return g.Attr(name, value) }

//go:noinline
func newline() g.Node { return g.Text("\n") }

// rows makes each node, on a line of its own, only when it is written: there
// can be as many as there are items.
func rows[T any](all []T, row func(T) g.Node) g.Node {
	return g.NodeFunc(func(w io.Writer) error {
		for _, one := range all {
			if err := (g.Group{row(one), newline()}).Render(w); err != nil {
				return err
			}
		}
		return nil
	})
}

// section is headed by a title, which is its anchor too.
func section(id string, title g.Node, nodes ...g.Node) g.Node {
	heading := el("h2", attr("id", id), title)
	return el("section", attr("aria-labelledby", id), lines(append([]g.Node{heading}, nodes...)...))
}

func counted(title string, n int) g.Node {
	return g.Group{text(title + " "), el("small", number(n))}
}

// table may be wider than the screen and can be scrolled by keyboard. It is
// named by the element with that id.
func table(id string, columns g.Node, parts ...g.Node) g.Node {
	head := el("thead", el("tr", columns))
	return el("div", attr("class", "wide"), attr("role", "region"), attr("aria-labelledby", id), attr("tabindex", "0"),
		el("table", newline(), head, newline(), g.Group(parts)))
}

func columns(names ...string) g.Node {
	return g.Map(names, func(name string) g.Node { return el("th", attr("scope", "col"), text(name)) })
}

// rowHead names its row.
func rowHead(s string) g.Node { return el("th", attr("scope", "row"), text(s)) }

// titleCell names its row by what somebody wrote, in whatever direction.
func titleCell(s string) g.Node { return el("th", attr("scope", "row"), attr("dir", "auto"), text(s)) }

// foreignCell is a cell in whatever direction its text is written.
func foreignCell(s string) g.Node { return el("td", attr("dir", "auto"), text(s)) }

func classCell(class, s string) g.Node { return el("td", attr("class", class), text(s)) }

// fact is a term and what is known of it; nil if nothing is.
func fact(term, value string) g.Node {
	if value == "" {
		return nil
	}
	return g.Group{el("dt", text(term)), el("dd", text(value))}
}

// codeFact is a fact that is for copying.
func codeFact(term, value string) g.Node {
	if value == "" {
		return nil
	}
	return g.Group{el("dt", text(term)), el("dd", el("code", text(value)))}
}
