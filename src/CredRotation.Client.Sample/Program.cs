using CredRotation.Client;

// A shop whose payment key changes while it runs. Its settings:
//   CredRotation__Rotator, CredRotation__RotatorScope       CredRotation's address, and the scope of tokens for it
//   CredRotation__Payments__Vault, CredRotation__Payments__Secret
//   Payments__BaseAddress                                    the provider
var builder = WebApplication.CreateBuilder(args);

builder.AddRotatingCredential("Payments");

builder.Services.AddHttpClient("payments", (services, http) => http.BaseAddress = services.GetRequiredService<IConfiguration>().GetValue<Uri>("Payments:BaseAddress"))
    .AddRotatingCredential("Payments", header: "X-API-Key");

var app = builder.Build();

app.MapPost("/buy", async (IHttpClientFactory clients, CancellationToken cancellationToken) =>
{
    using var payments = clients.CreateClient("payments");
    using var answer = await payments.PostAsJsonAsync("/pay", new { amount = 12 }, cancellationToken);
    return Results.StatusCode((int)answer.StatusCode);
});

app.MapGet("/version", (IRotatingCredential credential) => credential.Version);

await app.RunAsync();
