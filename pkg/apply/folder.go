package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// newFolders finds the folders that the plan makes, makes those that are not
// there, and enters them under the ids that steps know them by. Folders that
// were made by an earlier attempt are found by their names.
func (w *worker) newFolders(ctx context.Context, all []item.Folder, into map[string]item.Folder) error {
	for _, wanted := range w.part.Folders {
		f, err := w.ensure(ctx, all, wanted)
		if err != nil {
			return fmt.Errorf("make folder %q again: %w", wanted.Path(), err)
		}
		all = append(all, f...)
		if last := f[len(f)-1]; last.Writable() {
			into[wanted.FormerID] = last
		}
	}
	return nil
}

// ensure returns the folders on the way to the one wanted, itself last.
func (w *worker) ensure(ctx context.Context, all []item.Folder, wanted plan.NewFolder) ([]item.Folder, error) {
	var way []item.Folder
	parent := ""
	for depth := range wanted.Names {
		path := strings.Join(wanted.Names[:depth+1], "/")
		f, found := named(append(all, way...), wanted.Kind, path)
		if !found {
			var err error
			if f, err = w.newFolder(ctx, wanted.Kind, parent, path, wanted.Names[depth]); err != nil {
				return nil, err
			}
		}
		way, parent = append(way, f), f.ID
	}
	return way, nil
}

func named(folders []item.Folder, kind item.Kind, path string) (item.Folder, bool) {
	for _, f := range folders {
		if f.Kind == kind && strings.EqualFold(f.Path, path) && f.Writable() {
			return f, true
		}
	}
	return item.Folder{}, false
}

// newFolder makes a folder. Where the answer is unclear, or another has made
// it, a new listing shows it.
func (w *worker) newFolder(ctx context.Context, kind item.Kind, parent, path, name string) (item.Folder, error) {
	f, err := w.mb.CreateFolder(ctx, kind, parent, name)
	if err == nil {
		f.Path = path
		return f, nil
	}
	if !errors.Is(err, mailbox.ErrUnclear) && !errors.Is(err, mailbox.ErrExists) {
		return item.Folder{}, err
	}
	again, listErr := w.mb.Folders(ctx, kind)
	if listErr != nil {
		return item.Folder{}, errors.Join(err, listErr)
	}
	if f, found := named(again, kind, path); found {
		return f, nil
	}
	return item.Folder{}, err
}
