package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

const (
	// defaultFolder is the well-known name of the default contacts folder.
	defaultFolder = "contacts"
	// folderPage is small: mailboxes have few folders.
	folderPage = 100
	// deepest is how far contact folders may be nested: Exchange allows 300.
	deepest = 300
)

// Why a folder is never written.
const (
	closedReadOnly = "read-only calendar"
	closedFlagged  = "flagged e-mails"
	closedForeign  = "belongs to another user"
)

// Folders reads all folders of a kind.
func (b *box) Folders(ctx context.Context, kind item.Kind) (folders []item.Folder, err error) {
	switch kind {
	case item.Contacts:
		folders, err = b.contactFolders(ctx)
	case item.Events:
		folders, err = b.calendars(ctx)
	case item.Tasks:
		folders, err = b.taskLists(ctx)
	default:
		err = fmt.Errorf("unknown kind %q", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("list the folders of %s: %w", kind, err)
	}
	return folders, nil
}

// contactFolder lists the members that are read.
type contactFolder struct {
	ID     string `json:"id"`
	Name   string `json:"displayName"`
	Parent string `json:"parentFolderId"`
	path   string
	depth  int
}

// contactFolders walks from the default folder, which v1.0's listing leaves
// out, and from those listed, to the bottom.
func (b *box) contactFolders(ctx context.Context) ([]item.Folder, error) {
	builder := b.user().ContactFolders()
	root, err := one[contactFolder](ctx, b.ask(builder.ByContactFolderId(defaultFolder).ToGetRequestInformation(ctx, nil)))
	if err != nil {
		return nil, err
	}
	listed, err := collect[contactFolder](ctx, b.ask(builder.ToGetRequestInformation(ctx, nil)).paged(folderPage))
	if err != nil {
		return nil, err
	}
	walk := &folderWalk{paths: map[string]string{}}
	walk.add(root, "", 0)
	for _, f := range listed {
		walk.add(f, walk.paths[f.Parent], 1)
	}
	for i := 0; i < len(walk.found); i++ {
		parent := walk.found[i]
		if parent.depth > deepest {
			return nil, fmt.Errorf("%w: folders are nested more than %d deep", mailbox.ErrIncomplete, deepest)
		}
		children := builder.ByContactFolderId(parent.ID).ChildFolders()
		below, err := collect[contactFolder](ctx, b.ask(children.ToGetRequestInformation(ctx, nil)).paged(folderPage))
		if err != nil {
			return nil, err
		}
		for _, f := range below {
			walk.add(f, parent.path, parent.depth+1)
		}
	}
	return walk.folders(), nil
}

// folderWalk holds each folder once, in the order in which it was met.
type folderWalk struct {
	found []contactFolder
	paths map[string]string // by id
}

func (w *folderWalk) add(f contactFolder, above string, depth int) {
	if _, known := w.paths[f.ID]; known {
		return
	}
	f.path, f.depth = f.Name, depth
	if above != "" {
		f.path = above + "/" + f.Name
	}
	w.paths[f.ID] = f.path
	w.found = append(w.found, f)
}

func (w *folderWalk) folders() []item.Folder {
	folders := make([]item.Folder, len(w.found))
	for i, f := range w.found {
		folders[i] = item.Folder{Kind: item.Contacts, ID: f.ID, Path: f.path}
	}
	return folders
}

// calendar lists the members that are read.
type calendar struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	CanEdit bool   `json:"canEdit"`
	Default bool   `json:"isDefaultCalendar"`
	Owner   struct {
		Address string `json:"address"`
	} `json:"owner"`
}

// calendars reads all of them: the user's own, those subscribed to, and those
// that other people share, where a deletion would be in their mailbox.
func (b *box) calendars(ctx context.Context) ([]item.Folder, error) {
	query := b.ask(b.user().Calendars().ToGetRequestInformation(ctx, nil)).paged(folderPage)
	calendars, err := collect[calendar](ctx, query.selecting("id", "name", "canEdit", "isDefaultCalendar", "owner"))
	if err != nil {
		return nil, err
	}
	own := []string{b.account.Address, b.account.UPN}
	for _, c := range calendars {
		if c.Default && c.Owner.Address != "" {
			own = []string{c.Owner.Address}
		}
	}
	folders := make([]item.Folder, len(calendars))
	for i, c := range calendars {
		folders[i] = item.Folder{Kind: item.Events, ID: c.ID, Path: c.Name, Closed: c.closed(own)}
	}
	return folders, nil
}

// closed says why the calendar is never written. The owner goes first: it is
// the more telling reason.
func (c calendar) closed(own []string) string {
	for _, address := range own {
		if c.Default || address != "" && strings.EqualFold(c.Owner.Address, address) {
			if c.CanEdit {
				return ""
			}
			return closedReadOnly
		}
	}
	if c.Owner.Address == "" {
		return closedForeign
	}
	return "belongs to " + c.Owner.Address
}

// taskList lists the members that are read.
type taskList struct {
	ID        string `json:"id"`
	Name      string `json:"displayName"`
	Owner     bool   `json:"isOwner"`
	WellKnown string `json:"wellknownListName"`
}

// taskLists unites two listings: either one leaves lists out for some users
// (observed in the field), and $select breaks both.
func (b *box) taskLists(ctx context.Context) ([]item.Folder, error) {
	if b.client.cloud.OutlookOnly() {
		return nil, fmt.Errorf("this cloud serves no To Do: %w", errors.ErrUnsupported)
	}
	builder := b.user().Todo().Lists()
	changed, err := collect[taskList](ctx, b.ask(builder.Delta().ToGetRequestInformation(ctx, nil)))
	if err != nil {
		return nil, err
	}
	listed, err := collect[taskList](ctx, b.ask(builder.ToGetRequestInformation(ctx, nil)).top(folderPage))
	if err != nil {
		return nil, err
	}
	var folders []item.Folder
	at := map[string]int{}
	for _, list := range append(changed, listed...) {
		folder := item.Folder{Kind: item.Tasks, ID: list.ID, Path: list.Name, Closed: list.closed()}
		if i, known := at[list.ID]; known {
			folders[i].Closed = max(folders[i].Closed, folder.Closed) // either word closes it
			continue
		}
		at[list.ID] = len(folders)
		folders = append(folders, folder)
	}
	return folders, nil
}

func (l taskList) closed() string {
	switch {
	case strings.EqualFold(l.WellKnown, "flaggedEmails"):
		return closedFlagged
	case !l.Owner:
		return closedForeign
	}
	return ""
}
