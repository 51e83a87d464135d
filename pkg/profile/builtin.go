package profile

import (
	"embed"
	"fmt"
)

//go:embed builtin/*.yaml
var files embed.FS

// Builtin reads the profiles that riva-prep knows, in the order of their names.
func Builtin() (Catalogue, error) {
	entries, err := files.ReadDir("builtin")
	if err != nil {
		return nil, err
	}
	var all Catalogue
	for _, entry := range entries {
		data, err := files.ReadFile("builtin/" + entry.Name())
		if err != nil {
			return nil, err
		}
		p, err := Read(data)
		if err != nil {
			return nil, fmt.Errorf("built-in profile %s: %w", entry.Name(), err)
		}
		all = append(all, p)
	}
	return all, nil
}
