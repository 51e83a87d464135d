module github.com/riva-prep/riva-prep

go 1.26.0

require golang.org/x/text v0.43.0 // indirect
