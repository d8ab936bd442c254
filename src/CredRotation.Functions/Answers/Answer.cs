using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CredRotation.Functions.Answers;

/// <summary>Everything that leaves by HTTP: a status, a body, and the headers that keep a browser from doing more with it than show it.</summary>
public sealed class Answer : IActionResult
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private readonly byte[] _body;
    private readonly string _contentType;
    private readonly string? _location;

    private Answer(int status, string contentType, byte[] body, string? location = null)
        => (Status, _contentType, _body, _location) = (status, contentType, body, location);

    public int Status { get; }

    /// <summary>Set when this answer says that nothing was done.</summary>
    public Problem? Problem { get; private init; }

    public static Answer Json<T>(int status, T body) => new(status, "application/json; charset=utf-8", JsonSerializer.SerializeToUtf8Bytes(body, s_json));

    /// <summary>The same refusal for somebody who reads it in a browser.</summary>
    public Answer AsPage(string page) => new(Status, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(page)) { Problem = Problem };

    public static Answer Html(int status, string page) => new(status, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(page));

    public static Answer Asset(string contentType, byte[] body) => new(StatusCodes.Status200OK, contentType, body);

    /// <summary>Where a browser goes after a form was accepted.</summary>
    public static Answer SeeOther(string path) => new(StatusCodes.Status303SeeOther, "text/plain; charset=utf-8", [], path);

    public static Answer Of(Problem problem)
        => new(
            problem.Status,
            "application/problem+json; charset=utf-8",
            JsonSerializer.SerializeToUtf8Bytes(new { type = "about:blank", problem.Title, problem.Status, problem.Detail, problem.WhatStillWorks, problem.Next, problem.Open }, s_json))
        {
            Problem = problem,
        };

    public async Task ExecuteResultAsync(ActionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var response = context.HttpContext.Response;
        response.StatusCode = Status;
        response.ContentType = _contentType;
        response.ContentLength = _body.Length;

        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        // Not no-referrer: with that, browsers send "Origin: null" with our own forms.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        if (_location is not null) headers.Location = _location;
        if (Problem?.RetryAfterSeconds is { } seconds) headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (Status == StatusCodes.Status401Unauthorized) headers.WWWAuthenticate = "Bearer";

        await response.Body.WriteAsync(_body, context.HttpContext.RequestAborted);
    }
}
