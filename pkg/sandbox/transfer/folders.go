package transfer

import (
	"net/http"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// folder is a folder as the API sees it. kind is empty for those that are no
// container of one kind: Inbox and Deleted Items.
type folder struct {
	id, parent, name, class, wellKnown string
	kind                               tenant.Kind
	container                          string // the id that the rest of Graph knows it by
	items                              int
}

// classes are the container classes of the kinds.
var classes = map[tenant.Kind]struct{ folder, item, wellKnown, name string }{
	tenant.Contacts: {"IPF.Contact", "IPM.Contact", "contacts", "displayName"},
	tenant.Events:   {"IPF.Appointment", "IPM.Appointment", "calendar", "name"},
	tenant.Tasks:    {"IPF.Task", "IPM.Task", "tasks", "displayName"},
}

// tree is every folder of the mailbox, parents before children. What belongs to
// other people, and the list of flagged mails, are no folders here.
func (p *place) tree() []folder {
	root := ids.New(p.box.ID, "mailboxFolder root", 0)
	deleted := len(p.box.DeletedItems())
	out := []folder{
		{id: ids.New(p.box.ID, "mailboxFolder inbox", 0), parent: root, name: "Inbox", class: "IPF.Note", wellKnown: "inbox"},
		{id: p.box.DeletedItemsID(), parent: root, name: "Deleted Items", class: "IPF.Note", wellKnown: "deleteditems", items: deleted},
	}
	for _, kind := range []tenant.Kind{tenant.Contacts, tenant.Events, tenant.Tasks} {
		out = append(out, p.below(root, kind)...)
	}
	return out
}

// below are the folders of a kind. All but the default one lie below it: Graph
// says of contact folders which other one they lie in.
func (p *place) below(root string, kind tenant.Kind) []folder {
	id := func(container string) string { return ids.New(p.box.ID, "mailboxFolder "+container, 0) }
	class := classes[kind]
	base := ""
	if f, err := p.box.Default(kind); err == nil {
		base = f.ID
	}
	var out []folder
	for _, f := range p.box.Folders(kind) {
		if !p.own(f) {
			continue
		}
		one := folder{
			id: id(f.ID), parent: root, name: f.Doc.Text(class.name), class: class.folder,
			kind: kind, container: f.ID, items: f.Items,
		}
		switch inside := f.Doc.Text("parentFolderId"); {
		case f.ID == base:
			one.wellKnown = class.wellKnown
		case kind == tenant.Contacts && inside != "":
			one.parent = id(inside)
		case base != "":
			one.parent = id(base)
		}
		out = append(out, one)
	}
	return out
}

func (p *place) own(f tenant.Folder) bool {
	switch f.Kind {
	case tenant.Events:
		owner := f.Doc.Object("owner").Text("address")
		return owner == "" || strings.EqualFold(owner, p.box.Mail) || strings.EqualFold(owner, p.box.UPN)
	case tenant.Tasks:
		return f.Doc.Bool("isOwner", true) && f.Doc.Text("wellknownListName") != "flaggedEmails"
	default:
		return true
	}
}

// folder finds a folder by the API's id or by its well-known name.
func (p *place) folder(name string) (folder, error) {
	tree := p.tree()
	at := slices.IndexFunc(tree, func(f folder) bool {
		return f.id == name || f.wellKnown != "" && strings.EqualFold(f.wellKnown, name)
	})
	if at < 0 {
		return folder{}, tenant.ErrFolderNotFound
	}
	return tree[at], nil
}

// folders serves …/folders and what lies below it.
func (p *place) folders(path []string) (wire.Answer, error) {
	enough := readFolders
	if len(path) > 1 && strings.EqualFold(path[1], "items") {
		enough = readItems
	}
	if err := p.service.allowed(p.Request, "folders", enough); err != nil {
		return wire.Answer{}, err
	}
	if p.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(p.Method)
	}
	if len(path) == 0 {
		return p.folderList("")
	}
	if strings.EqualFold(path[0], "delta") {
		return wire.Answer{}, wire.NotEmulated("folders/delta")
	}
	f, err := p.folder(path[0])
	if err != nil {
		return wire.Answer{}, err
	}
	switch {
	case len(path) == 1:
		if err := p.options(folderMembers, "$select"); err != nil {
			return wire.Answer{}, err
		}
		return p.Entity(200, p.context("folders"), p.Selected(view(f, p.tree())))
	case strings.EqualFold(path[1], "childFolders") && len(path) == 2:
		return p.folderList(f.id)
	case strings.EqualFold(path[1], "items"):
		return p.items(f, path[2:])
	}
	return wire.Answer{}, wire.NoSegment(path[1])
}

// The members that $select can name.
var (
	folderMembers = []string{"id", "displayName", "parentFolderId", "childFolderCount", "totalItemCount", "type"}
	itemMembers   = []string{"id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "type", "size"}
)

// options refuses what the collection does not take.
func (p *place) options(members []string, allowed ...string) error {
	for _, name := range p.Query.Names {
		if name == "$orderby" || name == "$expand" {
			return wire.NotEmulated(name + " on mailbox folders and items")
		}
	}
	if err := p.Only(allowed...); err != nil {
		return err
	}
	for _, name := range p.Query.Select {
		if !slices.ContainsFunc(members, func(known string) bool { return strings.EqualFold(known, name) }) {
			return wire.BadQuery("Parsing OData Select and Expand failed: Could not find a property named '" + name + "'.")
		}
	}
	return nil
}

// folderList lists the folders in one, "" being the top.
func (p *place) folderList(parent string) (wire.Answer, error) {
	if err := p.options(folderMembers, "$select", "$filter", "$top", "$skip", "$count"); err != nil {
		return wire.Answer{}, err
	}
	tree := p.tree()
	if parent == "" {
		parent = tree[0].parent
	}
	var all []rawjson.Object
	for _, f := range tree {
		if f.parent == parent {
			all = append(all, view(f, tree))
		}
	}
	return p.Slice(p.context("folders"), all, []string{"type", "~displayName"})
}

func view(f folder, tree []folder) rawjson.Object {
	children := 0
	for _, other := range tree {
		if other.parent == f.id {
			children++
		}
	}
	return rawjson.Of("@odata.type", "#microsoft.graph.mailboxFolder", "id", f.id, "displayName", f.name,
		"parentFolderId", f.parent, "childFolderCount", children, "totalItemCount", f.items, "type", f.class)
}

// items serves a folder's items and one of them.
func (p *place) items(f folder, path []string) (wire.Answer, error) {
	switch {
	case len(path) == 1 && strings.EqualFold(path[0], "delta"):
		return wire.Answer{}, wire.NotEmulated("items/delta")
	case len(path) > 1:
		return wire.Answer{}, wire.NoSegment(path[1])
	case len(path) == 1:
		return p.item(f, path[0])
	}
	if err := p.options(itemMembers, "$select", "$filter", "$top", "$skip", "$count"); err != nil {
		return wire.Answer{}, err
	}
	keep, err := p.filter()
	if err != nil {
		return wire.Answer{}, err
	}
	skip, top := p.Window()
	page, total, err := p.page(f, skip, top, keep)
	if err != nil {
		return wire.Answer{}, err
	}
	values := make([]rawjson.Object, 0, len(page))
	for _, it := range page {
		values = append(values, p.Selected(p.itemView(it)))
	}
	next := -1
	if skip+len(page) < total {
		next = skip + len(page)
	}
	return p.Page(p.context("folders('"+f.id+"')/items"), values, next, total)
}

// filter is what $filter keeps, nil for everything.
func (p *place) filter() (func(tenant.Item) bool, error) {
	if p.Query.Filter == "" {
		return nil, nil
	}
	passes, err := odata.ParseFilter(p.Query.Filter, []string{"categories/any", "type", "createdDateTime", "lastModifiedDateTime"})
	return func(it tenant.Item) bool { return passes(p.itemView(it)) }, err
}

func (p *place) page(f folder, skip, top int, keep func(tenant.Item) bool) ([]tenant.Item, int, error) {
	if f.kind != "" {
		var bodies func(rawjson.Object) bool
		if keep != nil {
			bodies = func(body rawjson.Object) bool { return keep(tenant.Item{Kind: f.kind, Body: body}) }
		}
		return p.box.Page(f.kind, f.container, skip, top, bodies)
	}
	var all []tenant.Item
	if f.wellKnown == "deleteditems" {
		all = p.box.DeletedItems()
	}
	if keep != nil {
		all = slices.DeleteFunc(all, func(it tenant.Item) bool { return !keep(it) })
	}
	from := min(skip, len(all))
	return all[from:min(from+top, len(all))], len(all), nil
}

func (p *place) item(f folder, id string) (wire.Answer, error) {
	if err := p.options(itemMembers, "$select"); err != nil {
		return wire.Answer{}, err
	}
	it, err := p.box.Anywhere(id)
	if err != nil {
		return wire.Answer{}, err
	}
	if lies := f.container == it.FolderID && f.kind == it.Kind || it.Deleted && f.wellKnown == "deleteditems"; !lies {
		return wire.Answer{}, tenant.ErrNotFound
	}
	return p.Entity(200, p.context("folders('"+f.id+"')/items"), p.Selected(p.itemView(it)))
}

// itemView is a mailboxItem; size is that of everything its stream carries.
func (p *place) itemView(it tenant.Item) rawjson.Object {
	id := it.ID
	if p.Prefer.Immutable && it.Kind != tenant.Tasks {
		id = it.ImmutableID
	}
	out := rawjson.Of("@odata.type", "#microsoft.graph.mailboxItem", "@odata.etag", it.Body.Text("@odata.etag"), "id", id)
	for _, name := range []string{"createdDateTime", "lastModifiedDateTime"} {
		if value, ok := it.Body.Get(name); ok {
			out = out.Set(name, rawjson.Object(value))
		}
	}
	return out.Set("changeKey", changeKey(it)).Set("categories", append([]string{}, it.Body.Texts("categories")...)).
		Set("type", classes[it.Kind].item).Set("size", len(it.Body))
}

// changeKey is the version of an item; tasks have it in their etag only.
func changeKey(it tenant.Item) string {
	return strings.Trim(strings.TrimPrefix(it.Body.Text("@odata.etag"), "W/"), `"`)
}
