module mock-ares.example/clients

go 1.19
