module github.com/riva-prep/riva-prep

go 1.26
