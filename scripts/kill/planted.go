package main

import "context"

func findPlanted(ctx context.Context, o options, folder string) error { return nil }
