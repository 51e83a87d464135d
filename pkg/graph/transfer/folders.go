package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// folder is a folder as the service knows it.
type folder struct {
	ID       string `json:"id"`
	Name     string `json:"displayName"`
	Class    string `json:"type"`
	Children int    `json:"childFolderCount"`
	path     string
	depth    int
}

// deepest is how far folders may be nested: Exchange allows 300.
const deepest = 300

// class is the container class of a kind's folders.
func class(kind item.Kind) string {
	return map[item.Kind]string{item.Contacts: "IPF.Contact", item.Events: "IPF.Appointment", item.Tasks: "IPF.Task"}[kind]
}

// folder finds the service's id of a folder. Graph docs say only that it is
// another than the rest of Graph's, so one that is the same is taken first, and
// then the one folder of its class with the same path or name.
func (b *Box) folder(ctx context.Context, into item.Folder) (string, error) {
	if err := b.enter(ctx); err != nil {
		return "", err
	}
	defer b.leave()
	if found, ok := pick(b.folders, into); ok {
		return found, nil
	}
	// A folder that was made since the last look is not among them.
	if err := b.walk(ctx); err != nil {
		return "", err
	}
	found, ok := pick(b.folders, into)
	if !ok {
		return "", fmt.Errorf("find the folder to import into: %w: none, or more than one, is the same as %q", mailbox.ErrNotOffered, into.Path)
	}
	return found, nil
}

// pick takes the one folder that matches.
func pick(folders []folder, into item.Folder) (id string, ok bool) {
	matches := 0
	for _, f := range folders {
		if f.Class != class(into.Kind) {
			continue
		}
		if f.ID == into.ID {
			return f.ID, true
		}
		if f.same(into) {
			id = f.ID
			matches++
		}
	}
	return id, matches == 1
}

// same compares contact folders by their paths. Calendars and task lists have
// none in Graph; in the mailbox, they lie in the default one or beside it.
func (f folder) same(into item.Folder) bool {
	if into.Kind == item.Contacts {
		return f.path == into.Path
	}
	return f.Name == cmp.Or(into.Name, into.Path)
}

// walk reads the folders of our classes from the top; the turn is held. It goes
// down in such folders only, so that what lies in Deleted Items is not met.
func (b *Box) walk(ctx context.Context) error {
	id, err := b.graph.Mailbox(ctx)
	if err != nil {
		return err
	}
	b.folders = nil
	err = b.list(ctx, folder{}, "admin/exchange/mailboxes/{mailbox}/folders", "mailbox", id)
	for n := 0; err == nil && n < len(b.folders); n++ {
		if above := b.folders[n]; above.Children > 0 && above.depth < deepest {
			err = b.list(ctx, above, "admin/exchange/mailboxes/{mailbox}/folders/{folder}/childFolders", "mailbox", id, "folder", above.ID)
		}
	}
	if err != nil {
		b.folders = nil
		return offered("list the folders to import into", err)
	}
	return nil
}

func (b *Box) list(ctx context.Context, above folder, path string, variables ...string) error {
	return b.graph.List(ctx, path, func(elements []wire.Element) error {
		for _, e := range elements {
			var f folder
			if json.Unmarshal(e.Raw, &f) != nil {
				return fmt.Errorf("%w: a folder has members of another type", mailbox.ErrIncomplete)
			}
			if !strings.HasPrefix(f.Class, "IPF.Contact") && f.Class != class(item.Events) && f.Class != class(item.Tasks) {
				continue
			}
			f.depth, f.path = above.depth+1, f.Name
			if above.path != "" {
				f.path = above.path + "/" + f.Name
			}
			b.folders = append(b.folders, f)
		}
		return nil
	}, variables...)
}
