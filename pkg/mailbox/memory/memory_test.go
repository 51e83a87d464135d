package memory_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/mailboxtest"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
)

func TestKeepsTheContract(t *testing.T) {
	mailboxtest.Suite(t, func(*testing.T) mailboxtest.Harness {
		w := memory.New("tenant")
		ann := mailbox.Account{ID: "11111111-2222-4333-8444-555555555555", UPN: "ann@contoso.example", Address: "ann@contoso.example"}
		var folders []item.Folder
		for _, kind := range item.Kinds() {
			folders = append(folders, item.Folder{Kind: kind, ID: string(kind), Path: string(kind), Name: string(kind), Default: true})
		}
		shut := item.Folder{Kind: item.Events, ID: "holidays", Path: "Holidays", Name: "Holidays", Closed: "read-only calendar"}
		w.Add(ann, append(folders, shut)...)
		for _, f := range folders {
			for i := range 4 {
				w.Put(ann.ID, f, map[string]any{
					"id": fmt.Sprint(f.ID, i), "categories": []string{"A"}, "displayName": "x", "subject": "x", "title": "x",
					"hasAttachments": false, "type": "singleInstance",
				})
			}
		}
		weekly := w.Put(ann.ID, folders[slices.Index(item.Kinds(), item.Events)], map[string]any{"id": "weekly", "subject": "x", "type": "seriesMaster", "hasAttachments": false})
		w.PutInstances(ann.ID, weekly, map[string]any{"id": "weekly-1", "type": "occurrence", "originalStart": "2026-03-02T09:00:00Z"})
		w.Put(ann.ID, folders[0], map[string]any{
			"id": "pictured", "displayName": "x", "singleValueExtendedProperties": []any{
				map[string]any{"id": item.PictureProperty, "value": "true"}, map[string]any{"id": item.MarkProperty, "value": "42"},
			},
		})
		w.PutPhoto(ann.ID, "pictured", mailbox.Photo{ContentType: "image/png", Bytes: []byte("png")})
		w.Add(mailbox.Account{ID: "none", UPN: "none@contoso.example"})
		return mailboxtest.Harness{
			Directory: w, Account: "ann@contoso.example", Kinds: item.Kinds(), NoMailbox: "none@contoso.example",
			Group: "everybody", Closed: map[string]string{"Holidays": "read-only calendar"},
		}
	})
}
