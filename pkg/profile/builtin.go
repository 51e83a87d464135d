package profile

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed builtin/*.yaml
var files embed.FS

const (
	folder = "builtin"
	suffix = ".yaml"
)

// Builtin reads the profiles that riva-prep knows, in the order of their names.
func Builtin() (Catalogue, error) {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var all Catalogue
	for _, entry := range entries {
		p, err := builtin(entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Known is Find in the built-in profiles. It reads the one that is asked for, and
// all only to find one like it.
func Known(name string) (Profile, error) {
	file := strings.ToLower(strings.TrimSpace(name)) + suffix
	entries, err := files.ReadDir(folder)
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == file }) {
		return builtin(file)
	}
	all, errAll := Builtin()
	if err := errors.Join(err, errAll); err != nil {
		return Profile{}, err
	}
	return all.Find(name)
}

func builtin(file string) (Profile, error) {
	data, err := files.ReadFile(path.Join(folder, file))
	if err != nil {
		return Profile{}, err
	}
	p, err := Read(data)
	if err != nil {
		return Profile{}, fmt.Errorf("built-in profile %s: %w", file, err)
	}
	return p, nil
}
