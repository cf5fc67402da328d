module meshproof/toolchain/pause

go 1.26.0
