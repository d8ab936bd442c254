using System.Text.Json;
using Azure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CredRotation.Client;

/// <summary>The hook where an app hears signals; nobody passes whom the app does not take for CredRotation.</summary>
public static class CredentialReloadEndpoint
{
    private const int BodyBytesMax = 4096;

    /// <summary>Maps the hook.</summary>
    /// <param name="isFromRotator">Checks the caller's token: its signature, this app's audience, and CredRotation's own principal.</param>
    public static IEndpointConventionBuilder MapCredentialReload(
        this IEndpointRouteBuilder routes,
        string path,
        ReloadingCredential credential,
        Func<HttpContext, ValueTask<bool>> isFromRotator)
        => routes.MapPost(path, context => HandleAsync(context, credential, isFromRotator));

    internal static async Task HandleAsync(HttpContext context, ReloadingCredential credential, Func<HttpContext, ValueTask<bool>> isFromRotator)
    {
        var answer = await isFromRotator(context) ? await HearAsync(context, credential) : Results.Problem("The caller is not CredRotation.", statusCode: StatusCodes.Status401Unauthorized);
        await answer.ExecuteAsync(context);
    }

    private static async Task<IResult> HearAsync(HttpContext context, ReloadingCredential credential)
    {
        if (await ReadAsync(context) is not { } signal) return Results.Problem("The body is not a signal: send {rotation, vault, secret, version, rehearsal}.", statusCode: StatusCodes.Status400BadRequest);
        try
        {
            return Results.Json(await credential.HandleSignalAsync(signal, context.RequestAborted));
        }
        catch (ArgumentException notOurs)
        {
            return Results.Problem(notOurs.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (RequestFailedException refused)
        {
            return Results.Problem($"The vault answered {refused.Status} {refused.ErrorCode}. The version before stays in use; signal again.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static async Task<ReloadSignal?> ReadAsync(HttpContext context)
    {
        var buffer = new byte[BodyBytesMax + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (length > BodyBytesMax) return null;
        try
        {
            return JsonSerializer.Deserialize<ReloadSignal>(buffer.AsSpan(0, length), JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
